import { type ChildProcess, spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { FaultProxy, type ProxyFault, startEmbeddedPostgres, until } from '@vigil/testkit'
import { CannotMakeFault, type Fault } from './fault.ts'

/** A Redis for queue and signals behind a way that becomes bad, beside a PostgreSQL that is well. */
export async function redisBehind(fault: ProxyFault): Promise<Fault> {
	const redis = await startRedis()
	const proxy = await FaultProxy.start({ host: '127.0.0.1', port: redis.port })
	const server = await startEmbeddedPostgres()
	return {
		settings: { DATABASE_URL: server.url, REDIS_URL: `redis://127.0.0.1:${proxy.port}` },
		begin: () => proxy.set(fault),
		heal: () => proxy.set({ kind: 'pass' }),
		close: async () => {
			await proxy.close()
			await redis.stop()
			await server.stop()
		},
	}
}

async function startRedis(): Promise<{ readonly port: number; stop(): Promise<void> }> {
	const port = await freePort()
	const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
	const child = spawn('redis-server', args, { stdio: 'ignore' })
	const ended = new Promise<string>((resolve) => {
		child.once('error', (error) => resolve(error.message))
		child.once('exit', (code) => resolve(`exit code ${code}`))
	})
	const answers = until(() => isListening(port), { what: 'redis-server takes connections' }).then(() => undefined)
	const failure = await Promise.race([answers, ended])
	if (failure !== undefined) throw new CannotMakeFault(`redis-server does not run here: ${failure}`)
	return { port, stop: () => stopped(child, ended) }
}

async function stopped(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
	child.kill()
	await ended
}

function isListening(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1')
		socket.once('connect', () => {
			socket.destroy()
			resolve(true)
		})
		socket.once('error', () => resolve(false))
	})
}

function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const probe = createServer()
		probe.once('error', reject)
		probe.listen(0, '127.0.0.1', () => {
			const address = probe.address()
			probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
		})
	})
}
