import type { WorldWatch } from '../world/world.ts'
import { WireLog } from './wire-log.ts'

/** What was seen of a world from outside. */
export class Evidence implements WorldWatch {
	readonly wire = new WireLog()
	readonly attached: { readonly phone: number; readonly atMs: number }[] = []
	readonly ended: { readonly phone: number; readonly atMs: number }[] = []
	readonly rang: { readonly phone: number; readonly callId: string; readonly atMs: number }[] = []
	readonly crashes: { readonly address: string; readonly atMs: number }[] = []
	readonly onSent: WorldWatch['onSent'] = (event) => this.wire.onSent(event)
	readonly onArrived: WorldWatch['onArrived'] = (event) => this.wire.onArrived(event)

	onAttached(phone: number, atMs: number): void {
		this.attached.push({ phone, atMs })
	}

	onEnded(phone: number, atMs: number): void {
		this.ended.push({ phone, atMs })
	}

	onRang(phone: number, callId: string, atMs: number): void {
		this.rang.push({ phone, callId, atMs })
	}

	onCrash(address: string, atMs: number): void {
		this.crashes.push({ address, atMs })
	}

	/** Whether one of these processes ended by force between these instants. */
	crashedBetween(addresses: readonly string[], fromMs: number, untilMs: number): boolean {
		return this.crashes.some(({ address, atMs }) => addresses.includes(address) && atMs >= fromMs && atMs <= untilMs)
	}
}
