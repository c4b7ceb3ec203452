// Types that are not only types.
enum Level {
  Warning = 'Warning',
}
export default { filter: { level: Level.Warning } }
