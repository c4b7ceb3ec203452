// Loaded before each test file: its tests, and what they start, get nothing of the terminal and the proxies of who runs them.
const { env } = process

// Not in the test runner itself, which shows the colours; on a terminal it has each test file show some, too.
if (env.NODE_TEST_CONTEXT !== undefined) for (const name of ['FORCE_COLOR', 'NO_COLOR', 'COLUMNS']) delete env[name]

// There may be a proxy on the way to npm's registry, but not to this machine.
const direct = [env.no_proxy || env.NO_PROXY, 'localhost', '127.0.0.1', '::1'].filter(Boolean).join()
Object.assign(env, { no_proxy: direct, NO_PROXY: direct })
