import { describe, expect, it } from 'vitest'
import { parseProbeOptions, UsageError } from './probe-options.ts'

const NEEDED = ['--domain', 'pbx.test', '--username', 'anna']

describe('the command line of the probe', () => {
	it('needs an account, and has defaults for the rest', () => {
		expect(parseProbeOptions(NEEDED)).toMatchObject({ domain: 'pbx.test', transport: 'udp', force: false, json: false })
		expect(parseProbeOptions(['--help'])).toBeUndefined()
	})

	it.each([
		['no account', []],
		['a path that is none', [...NEEDED, '--transport', 'ws', '--web-socket-path', 'ws']],
		['a path over UDP', [...NEEDED, '--web-socket-path', '/ws']],
		['a transport that is none', [...NEEDED, '--transport', 'sctp']],
		['an option that is none', [...NEEDED, '--password', 'secret']],
	])('refuses %s', (_, args) => {
		expect(() => parseProbeOptions(args)).toThrow(UsageError)
	})
})
