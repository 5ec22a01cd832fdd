import { describe, expect, it } from 'vitest'
import { allowedCores, Cores } from './cores.ts'

describe('the cores of a measurement', () => {
	it('are read from what the kernel allows', () => {
		expect(allowedCores('Name:\tnode\nCpus_allowed:\t13\nCpus_allowed_list:\t0-1,4\n')).toEqual([0, 1, 4])
		expect(allowedCores('Cpus_allowed_list:\t7\n')).toEqual([7])
		expect(allowedCores('')).toEqual([])
	})

	it('are the last for the server and the others for the client', () => {
		const cores = Cores.among([0, 1, 4])
		expect(cores.on('server', ['kamailio', '-DD'])).toEqual(['taskset', '-c', '4', 'kamailio', '-DD'])
		expect(cores.on('client', ['node'])).toEqual(['taskset', '-c', '0,1', 'node'])
		expect(cores.areShared).toBe(false)
	})

	it('are shared where there is but one, or where it is wanted', () => {
		for (const cores of [Cores.among([3]), Cores.among([]), Cores.shared()]) {
			expect(cores.on('client', ['node', 'main.ts'])).toEqual(['node', 'main.ts'])
			expect(cores.areShared).toBe(true)
		}
	})
})
