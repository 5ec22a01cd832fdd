import type { SimulatedProcess } from './process.ts'

const MOST_LATENCY_MS = 4

/**
 * A store as a process reaches it over a network: each statement takes a moment on its way there and back. What a process that is
 * killed has under way never comes back to it, though it may have been done.
 */
export function remoteStore<Store extends object>(store: Store, process: SimulatedProcess): Store {
	const wait = () =>
		new Promise<void>((resolve) => process.clock.setTimer(process.random.next() * MOST_LATENCY_MS, resolve))
	const wrapped = new Map<string | symbol, unknown>()
	const wrap = (method: (...args: unknown[]) => unknown, name: string | symbol) => {
		if (name === 'openKept') return method
		if (name === 'stream' || name === 'silent') {
			return async function* (...args: unknown[]) {
				for await (const batch of method(...args) as AsyncIterable<unknown>) {
					await wait()
					yield batch
				}
			}
		}
		return async (...args: unknown[]) => {
			await wait()
			const result = await method(...args)
			await wait()
			return result
		}
	}
	return new Proxy(store, {
		get: (target, name) => {
			const method = Reflect.get(target, name)
			if (typeof method !== 'function') return method
			if (!wrapped.has(name)) wrapped.set(name, wrap(method.bind(target), name))
			return wrapped.get(name)
		},
	})
}
