import { describe, expect, it } from 'vitest'
import { registrationsReport, registrationsTable } from './report.ts'
import type { SideFigures } from './side-figures.ts'

const MACHINE = { cpu: 'a cpu', cores: 2, memory_gib: 24, kernel: '6', node: 'v24' }
const SIDE: SideFigures = {
	cpuMicrosPerRefresh: 20.04,
	cpuMicrosPerColdRegistration: 50,
	accepted: 1000,
	boundMs: 700.4,
	bytesPerRegistration: 512,
	refreshesPerSecond: 1000,
	requestsPerRefresh: 1,
	peakBytes: 1e8,
}

describe('the report on registrations', () => {
	it('has our figures alone without a peer', () => {
		const report = registrationsReport(1000, MACHINE, SIDE, undefined)
		expect(report.cpu_us_per_refresh).toEqual({ ours: 20 })
		expect(report.bound_ms).toEqual({ ours: 700 })
		expect(report.timer_lag_p99_ms).toEqual({})
	})

	it('divides ours by the peer’s', () => {
		const report = registrationsReport(1000, MACHINE, SIDE, { ...SIDE, cpuMicrosPerRefresh: 60, accepted: 1250 })
		expect(report.cpu_us_per_refresh).toEqual({ ours: 20, peer: 60, ratio: 0.334 })
		expect(report.accepted).toEqual({ ours: 1000, peer: 1250, ratio: 0.8 })
		expect(registrationsTable(report)).toContain('CPU per refresh, us')
	})
})
