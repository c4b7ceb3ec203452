/** What a mail says, in a language. */
export interface Words {
  /** Such as `14 Warning, 30 Normal events`. */
  events(warnings: number, normals: number): string
  /** Between an introduction and what it introduces. */
  readonly colon: string
  readonly comma: string
  readonly replay: string
  readonly cluster: string
  /** Heads the sums of what has no row. */
  more(count: number): string
  otherReasons(reasons: number): string
  /** Before the command that shows all. */
  readonly seeAll: string
  /** Instead of rows, where the server did not take them. */
  readonly withheld: string
  readonly footer: string
}

const number = (value: number) => value.toLocaleString('en-US')

const parts = (warnings: number, normals: number) =>
  [warnings > 0 || normals === 0 ? [number(warnings), 'Warning'] : [], normals > 0 ? [number(normals), 'Normal'] : []].filter(
    part => part.length > 0,
  )

const en: Words = {
  events: (warnings, normals) =>
    `${parts(warnings, normals)
      .map(part => part.join(' '))
      .join(', ')} ${warnings + normals === 1 ? 'event' : 'events'}`,
  colon: ': ',
  comma: ', ',
  replay: 'replay',
  cluster: 'cluster',
  more: count => `And ${number(count)} more, by reason`,
  otherReasons: reasons => `${number(reasons)} other reasons`,
  seeAll: 'All of them, where kec runs:',
  withheld: 'The mail server refused this mail with its details. They are in the journal of kec.',
  footer: 'Sent by kec. What happens until the next mail is gathered in it.',
}

const zh: Words = {
  events: (warnings, normals) =>
    `${parts(warnings, normals)
      .map(([count, type]) => `${count} 个 ${type}`)
      .join('、')} 事件`,
  colon: '：',
  comma: '、',
  replay: '重放',
  cluster: '集群',
  more: count => `另有 ${number(count)} 次，按原因汇总`,
  otherReasons: reasons => `其他 ${number(reasons)} 种原因`,
  seeAll: '在运行 kec 的地方查看全部事件：',
  withheld: '邮件服务器拒收了带有详细内容的邮件；详细内容保存在 kec 的日志存储中。',
  footer: '由 kec 发送。下一封邮件之前发生的事件会汇总在其中。',
}

export const languages = { en, zh } as const
