import dgram from 'node:dgram'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

/** Ports that this process listens on; nothing else is ever sent to, whatever an input names. */
const ownPorts = new Set<number>()

/**
 * Cuts this process off from the world: no name has an address, and every host but our own ports on the loopback is unreachable.
 * An input may hold any address, and what it is thrown at does send to such addresses.
 */
export function stayOnLoopback(): void {
	guardDatagrams()
	guardConnections()
	forgetNames()
	syncBuiltinESMExports()
}

function isOwn(port: unknown, host: unknown): boolean {
	const loopback = host === undefined || host === 'localhost' || /^(127\.|::1$|::ffff:127\.)/.test(String(host))
	return loopback && ownPorts.has(Number(port))
}

function unreachable(): Error {
	return Object.assign(new Error('not on this machine'), { code: 'ENETUNREACH' })
}

function guardDatagrams(): void {
	const { bind, send } = dgram.Socket.prototype
	dgram.Socket.prototype.bind = function (this: dgram.Socket, ...args: unknown[]) {
		this.once('listening', () => ownPorts.add(this.address().port))
		return Reflect.apply(bind, this, args)
	} as typeof bind
	dgram.Socket.prototype.send = function (this: dgram.Socket, ...args: unknown[]) {
		const [, port, host, done] = args
		if (isOwn(port, host)) return Reflect.apply(send, this, args)
		// What the system refuses by itself is thrown as it throws it.
		if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535) return Reflect.apply(send, this, args)
		if (typeof done === 'function') queueMicrotask(() => done(unreachable()))
	} as typeof send
}

function guardConnections(): void {
	const { listen } = net.Server.prototype
	net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
		this.once('listening', () => {
			const address = this.address()
			if (address && typeof address === 'object') ownPorts.add(address.port)
		})
		return Reflect.apply(listen, this, args)
	} as typeof listen
	const { connect } = net.Socket.prototype
	net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
		// `net.connect` hands its arguments on as one array.
		const [first] = Array.isArray(args[0]) ? args[0] : args
		const { port, host } = (first ?? {}) as { port?: unknown; host?: unknown }
		if (port === undefined || isOwn(port, host)) return Reflect.apply(connect, this, args)
		process.nextTick(() => this.destroy(unreachable()))
		return this
	} as typeof connect
}

function forgetNames(): void {
	const nowhere = async (): Promise<never> => {
		throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
	}
	const resolver = dns.promises.Resolver.prototype as unknown as Record<string, unknown>
	for (const question of ['resolveSrv', 'resolveNaptr', 'resolve4', 'resolve6']) resolver[question] = nowhere
	dns.promises.lookup = nowhere as unknown as typeof dns.promises.lookup
}
