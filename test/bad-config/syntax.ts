// A syntax error in line 4.
export default {
  cluster: 'a',
  filter: = 2,
}
