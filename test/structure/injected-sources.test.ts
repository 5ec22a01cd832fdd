import { describe, expect, it } from 'vitest'
import { files, isTest, textOf } from './tree.ts'

/** Time, chance and UDP or TCP that a simulation has to bring. `Date.parse` and `new Date(ms)` read no clock. */
const DIRECT =
	/\b(?:setTimeout|setInterval|setImmediate|Date\.now|performance\.now|new Date\(\)|Math\.random|randomBytes|randomUUID|randomInt|createSocket)\b/g

/** Who may all the same: the machine's own adapters, processes that are started by hand, and what no simulation runs. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
	'the machine as a source':
		/^packages\/(?:runtime\/src\/(?:clock|random-source)|sip-transport\/src\/network\/system-network)\.ts$/,
	'defaults of the transport': /^packages\/sip-transport\/src\/(?:transport-manager|resolve-target|kept-flow)\.ts$/,
	'a handover between two kinds of real sockets': /^packages\/sip-transport\/src\/listener\/proxied-peers\.ts$/,
	'a real database, queue or push provider': /^packages\/(?:postgres|queue|push-providers)\/src\//,
	'an app': /^packages\/device-sdk\/src\//,
	'servers of tests': /^packages\/testkit\/src\//,
	'a process': /^services\/(?:all-in-one|registration-worker\/src\/(?:process|probe))\//,
}

describe('time, chance and sockets', () => {
	it('come to the services and the transport from outside', () => {
		const allowed = Object.values(ALLOWED)
		const wrong = files
			.filter((file) => !isTest(file) && !allowed.some((pattern) => pattern.test(file)))
			.flatMap((file) => [...withoutComments(file).matchAll(DIRECT)].map(([what]) => `${file} uses ${what}`))
		expect(wrong).toEqual([])
	})
})

function withoutComments(file: string): string {
	return textOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}
