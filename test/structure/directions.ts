/**
 * Who may import whom: `sip <- domain <- adapters <- services`, with contracts, runtime and testkit beside; the packages that drive
 * SIP stand on the transport. Adapters never import each other. A package that is not listed here fails the check.
 */
const ADAPTERS = ['sip-transport', 'postgres', 'queue', 'push-providers']

const PACKAGES: Readonly<Record<string, readonly string[]>> = {
	sip: [],
	contracts: [],
	runtime: [],
	domain: ['sip'],
	'sip-transport': ['sip', 'runtime'],
	postgres: ['sip', 'domain', 'runtime'],
	queue: ['contracts', 'runtime'],
	'push-providers': ['sip', 'domain', 'contracts', 'runtime'],
	// Drivers of the core's call machines, for the services that have calls.
	'call-control': ['sip', 'domain', 'contracts', 'runtime', 'sip-transport'],
	// The SDK lives in apps: of ours it knows the contracts only.
	'device-sdk': ['contracts'],
	testkit: ['sip', 'runtime'],
}

const SERVICES: Readonly<Record<string, readonly string[]>> = {
	'registration-worker': [
		...['sip', 'domain', 'contracts', 'runtime', 'sip-transport', 'call-control'],
		...['postgres', 'queue'],
	],
	'sip-edge': ['sip', 'domain', 'contracts', 'runtime', 'sip-transport'],
	'push-dispatcher': ['domain', 'contracts', 'runtime'],
	'control-api': ['domain', 'contracts', 'runtime'],
	// Puts all of it together, and plays the demo against it.
	'all-in-one': [
		...['sip', 'domain', 'contracts', 'runtime', 'device-sdk', 'testkit', ...ADAPTERS],
		...['registration-worker', 'sip-edge', 'push-dispatcher', 'control-api'],
	],
}

/** What tests of a package may use beyond what the package itself may. */
const IN_TESTS: Readonly<Record<string, readonly string[]>> = {
	// The kit is built on sip and runtime: their tests would make a circle of it.
	sip: [],
	runtime: [],
	contracts: [],
	'control-api': ['testkit', 'postgres', 'sip'],
	'push-dispatcher': ['testkit', 'sip'],
}

/** Packages that the source (or, with `test`, the tests) of a package may import. Undefined for an unknown package. */
export function allowedImports(name: string, test: boolean): ReadonlySet<string> | undefined {
	if (name === 'test') return new Set([...Object.keys(PACKAGES), ...Object.keys(SERVICES)])
	const own = PACKAGES[name] ?? SERVICES[name]
	if (!own) return undefined
	return new Set([...own, name, ...(test ? (IN_TESTS[name] ?? ['testkit', 'sip', 'runtime']) : [])])
}

/** All that these packages may import from others than ours. Packages that are not listed may import what they declare. */
export const FROM_OTHERS: Readonly<Record<string, readonly string[]>> = {
	sip: ['node:crypto'],
	domain: ['node:crypto'],
	contracts: ['zod'],
}

/** Files that find modules by names that they compute: binaries of PostgreSQL for the platform that they run on. */
export const COMPUTED_IMPORTS: readonly string[] = [
	'packages/postgres/src/embedded/binaries.ts',
	'packages/testkit/src/embedded-postgres.ts',
]
