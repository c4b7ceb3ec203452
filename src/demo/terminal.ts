import type { Writable } from 'node:stream'

const enter = '\u001b[?1049h\u001b[?25l' // the other screen, without a cursor
const leave = '\u001b[?25h\u001b[?1049l'
const home = '\u001b[H'
const restOfLine = '\u001b[K'
const below = '\u001b[J'

/** The terminal's other screen, which leaves no trace in what was there before. */
export class AlternateScreen {
  readonly #stream: Writable
  readonly #onExit = () => this.leave()
  #entered = true

  constructor(stream: Writable) {
    this.#stream = stream
    stream.write(enter)
    process.on('exit', this.#onExit) // whatever ends the process, the terminal is as it was
  }

  draw(lines: readonly string[]): void {
    if (this.#entered) this.#stream.write(home + lines.map(line => `${line}${restOfLine}`).join('\n') + below)
  }

  leave(): void {
    if (!this.#entered) return
    this.#entered = false
    process.off('exit', this.#onExit)
    this.#stream.write(leave)
  }
}
