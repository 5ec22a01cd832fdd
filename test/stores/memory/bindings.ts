import type { BindingStore, FencingTokens, ForegroundLeaseStore } from '@vigil/domain'
import type { Tables } from './tables.ts'

/** CSeqs are made of epochs, so they begin anew after this one; see `FencingTokens`. */
const LAST_EPOCH = 2047

/** One binding per device; a new one replaces the old. */
export function memoryBindings({ bindings, devices }: Tables): BindingStore {
	return {
		save: async (binding) => {
			if (devices.has(binding.deviceId)) bindings.set(binding.deviceId, { ...binding })
		},
		remove: async (deviceId, bindingId) => bindings.get(deviceId)?.bindingId === bindingId && bindings.delete(deviceId),
		removeByEdge: async (edgeUri) => {
			const left = [...bindings.values()].filter(
				({ route }) => route.startsWith(edgeUri) && ['', ';', '?'].includes(route.charAt(edgeUri.length)),
			)
			for (const { deviceId } of left) bindings.delete(deviceId)
			return left.length
		},
		list: async (ids, nowMs) =>
			ids.flatMap((id) => {
				const binding = bindings.get(id)
				return binding && binding.expiresAtMs > nowMs ? [binding] : []
			}),
	}
}

/** Foreground leases of devices. */
export function memoryForegroundLeases({ devices }: Tables): ForegroundLeaseStore {
	return {
		accountsWithLapsedLease: async (afterMs, untilMs) => {
			const lapsed = [...devices.values()].filter(({ device: { activity, leaseUntilMs = 0 } }) => {
				return activity === 'foreground' && leaseUntilMs > afterMs && leaseUntilMs <= untilMs
			})
			return [...new Set(lapsed.flatMap(({ device }) => device.lines))].sort()
		},
		renewLeases: async (untilMs, nowMs) => {
			let renewed = 0
			for (const [id, leaseUntilMs] of untilMs) {
				const row = devices.get(id)
				const until = row?.device.activity === 'foreground' ? row.device.leaseUntilMs : undefined
				if (!row || until === undefined || until <= nowMs || until >= leaseUntilMs) continue
				devices.set(id, { ...row, device: { ...row.device, leaseUntilMs } })
				renewed++
			}
			return renewed
		},
	}
}

/** Fencing numbers of workers. */
export function memoryFencingTokens(): FencingTokens {
	let last = 0
	return {
		next: async () => {
			last = last >= LAST_EPOCH ? 1 : last + 1
			return last
		},
	}
}
