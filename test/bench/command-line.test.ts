import { describe, expect, it } from 'vitest'
import { parseBenchOptions, UsageError } from './command-line.ts'

describe('the command line of the benchmarks', () => {
	it('has defaults for everything but the benchmark', () => {
		expect(parseBenchOptions(['registrations'])).toEqual({
			command: 'registrations',
			accounts: 20_000,
			rate: 4_000,
			warmUpSeconds: 60,
			pace: 8_000,
			peer: undefined,
			nodeOptions: [],
			restart: false,
			sharedCores: false,
			json: false,
		})
		expect(parseBenchOptions(['ceiling', '--json'])).toMatchObject({ seconds: 10, rate: undefined, json: true })
		expect(parseBenchOptions(['push', '--calls', '5'])).toEqual({ command: 'push', calls: 5, json: false })
		expect(parseBenchOptions(['modes', '--modes', '2,0'])).toMatchObject({
			transitions: 50,
			callsPerSecond: 5,
			modes: [0, 2],
		})
		expect(parseBenchOptions(['ceiling', '--shared-cores'])).toMatchObject({ sharedCores: true })
		expect(parseBenchOptions(['handoff'])).toMatchObject({ handoffs: 300, devices: 16 })
	})

	it('gives help for --help, with or without a benchmark', () => {
		expect(parseBenchOptions(['--help'])).toBeUndefined()
		expect(parseBenchOptions(['push', '--help'])).toBeUndefined()
	})

	it.each([
		[[], 'say which benchmark'],
		[['speed'], 'say which benchmark'],
		[['push', '--accounts', '5'], '--accounts is no option of push'],
		[['registrations', '--accounts', '0'], '--accounts must be a whole number from 1 to 2000000'],
		[['registrations', '--accounts', '200000', '--peer', 'kamailio'], 'from 1 to 100000'],
		[['registrations', '--peer', 'asterisk'], '--peer must be kamailio'],
		[['registrations', '--speed', '5'], '--speed'],
		[['modes', '--modes', '4'], '--modes must be a list'],
		[['modes', '--transitions', '0'], '--transitions must be a whole number'],
	])('refuses %j in a sentence', (args, sentence) => {
		expect(() => parseBenchOptions(args)).toThrow(UsageError)
		expect(() => parseBenchOptions(args)).toThrow(sentence)
	})
})
