/** What a terminal showed at a time. */
export interface Frame {
  /** Seconds since the beginning. */
  readonly at: number
  readonly lines: readonly (readonly Cell[])[]
}

interface Cell {
  readonly text: string
  /** Of the 16; undefined: the usual one. */
  readonly colour: number | undefined
  readonly bold: boolean
  readonly dim: boolean
}

const colours = ['#1e1e2e', '#f38ba8', '#a6e3a1', '#f9e2af', '#89b4fa', '#f5c2e7', '#94e2d5', '#cdd6f4']
const [cellWidth, lineHeight, border] = [8.4, 18, 14]

/** An animated picture of these frames, which begins anew at its end. */
export function svgOf(
  frames: readonly Frame[],
  { columns, rows, lastFrame }: { columns: number; rows: number; lastFrame: number },
): string {
  const [width, height] = [Math.ceil(columns * cellWidth) + 2 * border, rows * lineHeight + 2 * border]
  const total = (frames.at(-1)?.at ?? 0) + lastFrame
  const percent = (seconds: number) => ((seconds / total) * 100).toFixed(2)
  const shows = frames.map(({ at }, i) => {
    const [from, to] = [i === 0 ? 0 : at, frames[i + 1]?.at ?? total]
    return `@keyframes f${i}{0%,${percent(from)}%{visibility:hidden}${percent(from)}%,${percent(to)}%{visibility:visible}${percent(to)}%,100%{visibility:hidden}}`
  })
  const groups = frames.map(({ lines }, i) => {
    // Without animation, the last frame is what is seen.
    const still = i === frames.length - 1 ? '' : ' visibility="hidden"'
    return `<g${still} style="animation:f${i} ${total.toFixed(2)}s step-end infinite">${lines.map(textOf).join('')}</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A recording of kec demo in a terminal">
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${colours[7]};white-space:pre}${shows.join('')}</style>
<rect width="100%" height="100%" rx="8" fill="${colours[0]}"/>
${groups.join('\n')}
</svg>
`
}

/** A line, in runs of one style each. */
function textOf(cells: readonly Cell[], y: number): string {
  let runs = ''
  for (let from = 0; from < cells.length; ) {
    const style = styleOf(cells[from])
    let to = from + 1
    while (to < cells.length && styleOf(cells[to]) === style) to++
    const text = cells
      .slice(from, to)
      .map(cell => cell.text)
      .join('')
    if (text.trim() !== '') {
      const x = (border + from * cellWidth).toFixed(1)
      const length = (text.length * cellWidth).toFixed(1)
      runs += `<text x="${x}" y="${border + (y + 0.75) * lineHeight}" textLength="${length}"${style} xml:space="preserve">${escaped(text)}</text>`
    }
    from = to
  }
  return runs
}

function styleOf(cell: Cell | undefined): string {
  const { colour, bold = false, dim = false } = cell ?? {}
  const fill = colour === undefined ? undefined : colours[colour % 8]
  const style = `${fill ? `fill:${fill};` : ''}${bold ? 'font-weight:bold;' : ''}${dim ? 'opacity:.6' : ''}`
  return style === '' ? '' : ` style="${style}"`
}

const escaped = (text: string) => text.replace(/[&<>]/g, character => `&#${character.charCodeAt(0)};`)
