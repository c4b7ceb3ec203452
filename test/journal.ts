/** For tests of what may not import the journal's insides. */
export { openJournal } from '../src/journal/sqlite.ts'
