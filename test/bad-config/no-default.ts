export const config = { filter: {} }
