const level = process.env.LEVEL_THAT_IS_NOT_SET.trim()
export default { filter: { level } }
