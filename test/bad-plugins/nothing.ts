// Exports nothing at all.
export {}
