import type { DeviceId } from '@vigil/domain'
import type { Flow } from '@vigil/sip-transport'
import { describe, expect, it } from 'vitest'
import { AttachedDevices } from './attached-devices.ts'

const phone = 'device-1' as DeviceId
const flow = (id: string, closed = false) => ({ id, closed }) as Flow

describe('a device that was attached', () => {
	it('is found for dialogs where it was, until its flow ends', () => {
		const devices = new AttachedDevices()
		const here = { id: 'a', closed: false }
		devices.put(phone, here as Flow)
		devices.leave(phone)
		expect(devices.flowOf(phone)).toBeUndefined()
		expect(devices.devicesOn('a')).toEqual([])
		expect(devices.dialogFlowOf(phone)?.id).toBe('a')
		here.closed = true
		expect(devices.dialogFlowOf(phone)).toBeUndefined()
	})

	it('is found where it attached again', () => {
		const devices = new AttachedDevices()
		devices.put(phone, flow('a'))
		devices.leave(phone)
		devices.put(phone, flow('b'))
		expect(devices.dialogFlowOf(phone)?.id).toBe('b')
		devices.leave(phone)
		devices.leave(phone)
		expect(devices.dialogFlowOf(phone)?.id).toBe('b')
	})

	it('is gone when it was forgotten', () => {
		const devices = new AttachedDevices()
		devices.put(phone, flow('a'))
		devices.leave(phone)
		devices.forget(phone)
		expect(devices.dialogFlowOf(phone)).toBeUndefined()
	})

	it('is forgotten when ten thousand others have left', () => {
		const devices = new AttachedDevices()
		for (let i = 0; i <= 10_000; i++) {
			devices.put(`d${i}` as DeviceId, flow(`f${i}`))
			devices.leave(`d${i}` as DeviceId)
		}
		expect(devices.dialogFlowOf('d0' as DeviceId)).toBeUndefined()
		expect(devices.dialogFlowOf('d1' as DeviceId)?.id).toBe('f1')
	})
})
