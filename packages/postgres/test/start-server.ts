import { startEmbeddedPostgres } from '../src/embedded/launcher.ts'

// A service that starts its database and is then killed: says `ready` and waits for its end.
const [stateDir = ''] = process.argv.slice(2)
await startEmbeddedPostgres({ stateDir, settings: { fsync: 'off' } })
process.stdout.write('ready\n')
process.stdin.resume()
