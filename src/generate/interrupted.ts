/** What a shell takes for ended by Ctrl-C. */
export const interrupted = 130
