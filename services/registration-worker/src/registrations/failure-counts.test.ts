import { expect, it } from 'vitest'
import { FailureCounts } from './failure-counts.ts'

it('counts failures by cause and server', () => {
	const counts = new FailureCounts()
	counts.add('403', 'udp:pbx.test')
	counts.add('403', 'udp:pbx.test')
	counts.add('timeout', 'udp:pbx.test')
	counts.add('local')
	expect(counts.all()).toEqual([
		{ upstream: 'udp:pbx.test', cause: '403', count: 2 },
		{ upstream: 'udp:pbx.test', cause: 'timeout', count: 1 },
		{ upstream: 'none', cause: 'local', count: 1 },
	])
})

it('tells only so many apart, and loses none', () => {
	const counts = new FailureCounts(10)
	for (let server = 0; server < 1000; server++) {
		counts.add('timeout', `udp:pbx${server}.test`)
		counts.add(String(400 + (server % 200)), `udp:pbx${server}.test`)
	}
	const all = counts.all()
	expect(all.length).toBeLessThanOrEqual(10 + 3)
	expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(2000)
	expect(
		all
			.filter(({ upstream }) => upstream === 'others')
			.map(({ cause }) => cause)
			.sort(),
	).toEqual(['4xx', '5xx', 'timeout'])
})
