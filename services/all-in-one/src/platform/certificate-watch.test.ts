import { silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { expect, it } from 'vitest'
import { type Certificate, CertificateWatch } from './certificate-watch.ts'

it('uses a renewed certificate, keeps the present one while the files cannot be used, and looks no more when stopped', async () => {
	const clock = new VirtualClock()
	const used: string[] = []
	let file: Certificate | undefined = { cert: 'first', key: 'k' }
	const watch = new CertificateWatch(file, {
		read: async () => file ?? Promise.reject(new Error('half written')),
		use: ({ cert }) => used.push(cert),
		clock,
		logger: silentLogger,
	})
	await clock.advance(60_000)
	expect(used).toEqual([])
	file = undefined
	await clock.advance(60_000)
	file = { cert: 'second', key: 'k' }
	await clock.advance(60_000)
	expect(used).toEqual(['second'])
	watch.stop()
	file = { cert: 'third', key: 'k' }
	await clock.advance(60_000)
	expect(used).toEqual(['second'])
	expect(clock.pendingTimers).toBe(0)
})
