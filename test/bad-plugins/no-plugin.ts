// Exports a function that definePlugin did not make.
export default function sink() {}
