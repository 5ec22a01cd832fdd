import type { CallId, DeviceId } from '@vigil/domain'
import type { Dialog } from '@vigil/sip'
import { buildRequest } from '@vigil/sip'
import { beforeEach, describe, expect, it } from 'vitest'
import type { BridgedCall, CallDriver, Side } from './call-driver.ts'
import { CallRegistry } from './call-registry.ts'
import { deviceReplaced, dialogNames } from './dialog-names.ts'

function dialog(callId: string, localTag: string, remoteTag: string, state: Dialog['state']): Dialog {
	return { role: 'uas', state, callId, localTag, remoteTag, remoteTarget: `sip:${remoteTag}@far` } as Dialog
}

let registry: CallRegistry

/** A call of that account with those devices, of which the last has answered: `name` is its Call-ID at the device, `NAME` upstream. */
function addCall(name: string, targetId: string, ...devices: string[]): void {
	const pairs = devices.map(
		(deviceId, index): BridgedCall => ({
			deviceId: deviceId as DeviceId,
			device: dialog(name, `${name}-us-${deviceId}`, `${name}-${deviceId}`, 'confirmed'),
			upstream: dialog(
				name.toUpperCase(),
				`${name}-us`,
				`${name}-far`,
				index + 1 < devices.length ? 'early' : 'confirmed',
			),
		}),
	)
	const call = { id: name as CallId, targetId, bridged: () => pairs } as unknown as CallDriver
	registry.add(call)
	registry.addTag(`${name}-us`, call, 'upstream')
	for (const { device } of pairs) registry.addTag(device.localTag, call, 'device')
}

function names(from: Side, targetId = 'acc1', deviceId = 'dev1') {
	return dialogNames(registry, { from, targetId, deviceId: deviceId as DeviceId })
}

beforeEach(() => {
	registry = new CallRegistry()
	addCall('one', 'acc1', 'dev1', 'dev2')
	addCall('two', 'acc2', 'dev1')
	addCall('three', 'acc3', 'dev3')
})

describe('a dialog that a device names', () => {
	it('is renamed when it is of the device, or of the account', () => {
		const own = names('device').dialog({ callId: 'two', tags: ['two-us-dev1', 'two-dev1'] })
		expect(own).toEqual({ callId: 'TWO', tags: ['two-far', 'two-us'] })
		const colleagues = names('device').dialog({ callId: 'one', tags: ['one-dev2', 'one-us-dev2'] })
		expect(colleagues).toEqual({ callId: 'ONE', tags: ['one-us', 'one-far'] })
	})

	it('is not when it is of others, or not quite a dialog', () => {
		for (const [callId, ...tags] of [
			['three', 'three-us-dev3', 'three-dev3'],
			['other', 'one-us-dev1', 'one-dev1'],
			['one', 'one-us-dev1', 'one-dev2'],
			['one', 'one-us-dev1', 'one-us-dev1'],
			['one', 'nonsense', undefined],
			['ONE', 'one-us', 'one-far'],
		] as const) {
			expect(names('device').dialog({ callId: callId ?? '', tags: [tags[0], tags[1]] })).toBeUndefined()
		}
	})

	it('may lack the tag of the far end', () => {
		expect(names('device').dialog({ callId: 'one', tags: ['one-us-dev1', undefined] })).toEqual({
			callId: 'ONE',
			tags: ['one-far', undefined],
		})
	})

	it('is reached by the far end’s URI, if it is one of ours', () => {
		expect(names('device').target('sip:one-us-dev2@edge:5070;transport=tcp')).toBe('sip:one-far@far')
		expect(names('device').target('sip:three-us-dev3@edge:5070')).toBeUndefined()
		expect(names('upstream').target('sip:one-us-dev1@edge:5070')).toBeUndefined()
	})
})

describe('a dialog that a SIP server names', () => {
	const one = { callId: 'ONE', tags: ['one-us', 'one-far'] } as const

	it('is renamed for the device of the account that has it', () => {
		expect(names('upstream').dialog(one)).toEqual({ callId: 'one', tags: ['one-dev1', 'one-us-dev1'] })
		expect(names('upstream', 'acc1', 'dev2').dialog(one)?.tags).toEqual(['one-dev2', 'one-us-dev2'])
		expect(names('upstream', 'acc1', 'dev3').dialog(one)).toBeUndefined()
	})

	it('is not when it is another account’s, be it on the same device', () => {
		expect(names('upstream', 'acc2').dialog(one)).toBeUndefined()
		expect(names('upstream').dialog({ callId: 'TWO', tags: ['two-us', 'two-far'] })).toBeUndefined()
	})

	it('tells who has to take the call that replaces it', () => {
		const taker = (targetId: string, replaces: string) =>
			deviceReplaced(
				registry,
				targetId,
				buildRequest({ method: 'INVITE', uri: 'sip:x@y', headers: [['Replaces', replaces]] }),
			)
		expect(taker('acc2', 'TWO;to-tag=two-us;from-tag=two-far')).toBe('dev1')
		expect(taker('acc1', 'ONE;to-tag=one-us;from-tag=one-far')).toBe('dev2')
		expect(taker('acc1', 'TWO;to-tag=two-us;from-tag=two-far')).toBeUndefined()
		expect(taker('acc2', 'TWO;to-tag=two-us;from-tag=else')).toBeUndefined()
	})
})

describe('the Call-ID of a call that a device made', () => {
	it('is known on both sides to the account, and forgotten after ten thousand others', () => {
		registry.callIds.add('acc1', { device: 'd', upstream: 'u' })
		expect(names('device').callId('d')).toBe('u')
		expect(names('upstream').callId('u')).toBe('d')
		expect(names('upstream').callId('d')).toBeUndefined()
		expect(names('upstream', 'acc2').callId('u')).toBeUndefined()
		for (let i = 0; i < 10_000; i++) registry.callIds.add('acc2', { device: `d${i}`, upstream: `u${i}` })
		expect(names('device').callId('d')).toBeUndefined()
		expect(names('device', 'acc2').callId('d9999')).toBe('u9999')
	})
})
