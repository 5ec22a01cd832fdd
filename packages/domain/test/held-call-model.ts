import {
	type DeviceId,
	type HeldCall,
	type HeldCallEffect,
	type HeldCallInput,
	newHeldCall,
	stepHeldCall,
} from '../src/index.ts'

export const PHONE = 'phone' as DeviceId
export const TABLET = 'tablet' as DeviceId

export interface TestDevice {
	readonly deviceId: DeviceId
	readonly wakeable: boolean
	readonly bindingId?: string
}

function binding(deviceId: DeviceId, bindingId: string) {
	const route = `sip:${bindingId}@edge.invalid;lr`
	return { deviceId, bindingId, route, contact: 'sip:phone@edge.invalid', attachedAtMs: 0, expiresAtMs: 1e12 }
}

export function attach(deviceId: DeviceId, bindingId: string): HeldCallInput {
	return { type: 'attached', binding: binding(deviceId, bindingId) }
}

/** Drives one held call by hand; effects read as short sentences. */
export class HeldCallBench {
	state: HeldCall = newHeldCall()
	nowMs = 0
	readonly effects: HeldCallEffect[] = []

	invite(devices: readonly TestDevice[], autoSend180 = false, expiresWithinMs?: number): string[] {
		return this.input({
			type: 'invite',
			autoSend180,
			wakeWithinMs: 30_000,
			ringWithinMs: 190_000,
			expiresWithinMs,
			devices: devices.map(({ deviceId, wakeable, bindingId }) => ({
				deviceId,
				wakeable,
				binding: bindingId === undefined ? undefined : binding(deviceId, bindingId),
			})),
		})
	}

	input(input: HeldCallInput): string[] {
		const step = stepHeldCall(this.state, input, this.nowMs)
		this.state = step.state
		this.effects.push(...step.effects)
		return step.effects.map(sentence)
	}
}

function sentence(effect: HeldCallEffect): string {
	switch (effect.type) {
		case 'wake':
			return `wake ${effect.deviceId}`
		case 'cancel-push':
			return `cancel push ${effect.deviceId}`
		case 'ring':
			return `ring ${effect.deviceId} leg ${effect.legId} via ${effect.binding.bindingId}`
		case 'withdraw':
			return `withdraw leg ${effect.legId} ${effect.reason}`
		case 'ring-back':
			return 'ring-back'
		case 'refuse':
			return effect.legId === undefined ? `refuse ${effect.status}` : `refuse ${effect.status} of leg ${effect.legId}`
		case 'record':
			return effect.deviceId === undefined ? `record ${effect.kind}` : `record ${effect.kind} ${effect.deviceId}`
		case 'outcome':
			return `outcome ${effect.outcome} ${effect.status}${effect.deviceId ? ` ${effect.deviceId}` : ''}`
	}
}
