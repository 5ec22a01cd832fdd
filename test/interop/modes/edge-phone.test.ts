import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type ScriptedRegistrar, startScriptedCaller, startScriptedRegistrar, until } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EdgePhone } from './edge-phone.ts'

const INSTANCE_ID = 'urn:uuid:00000000-0000-4000-8000-000000000002'
const DOMAIN = 'example.test'

function accountOf(user: string, password: string) {
	return { user, domain: DOMAIN, login: { user, password }, expiresSeconds: 600 }
}

function isRunning(pid: number): boolean {
	try {
		return process.kill(pid, 0)
	} catch {
		return false
	}
}

describe('the phone at the edge', () => {
	let registrar: ScriptedRegistrar
	let phone: EdgePhone

	beforeEach(async () => {
		registrar = await startScriptedRegistrar({ users: { bob: 'right' } })
		phone = await EdgePhone.start({ edgePort: registrar.port, instanceId: INSTANCE_ID })
	})

	afterEach(async () => {
		await phone?.kill()
		await registrar?.close()
	})

	it('takes the calls that come, and says so', async () => {
		await phone.register(accountOf('bob', 'right'))
		const server = { transport: 'tcp', host: registrar.host, port: registrar.port } as const
		const caller = await startScriptedCaller({ uri: `sip:alice@${DOMAIN}`, server })
		try {
			const call = caller.invite(`sip:bob@${DOMAIN}`, { callId: 'one' })
			await call.answered()
			await until(() => phone.calls === 1)
			expect([...phone.rung]).toEqual(['one'])
			await call.bye()
			await until(() => phone.calls === 0)
		} finally {
			await caller.close()
		}
		await phone.unregister()
		expect(registrar.bindings('bob')).toEqual([])
	})

	it('passes on what went wrong in its process', async () => {
		await expect(phone.register(accountOf('bob', 'wrong'))).rejects.toThrow('the edge answers 401')
	})

	it('is gone when it was killed, its binding is not, and it comes back as another process', async () => {
		await phone.register(accountOf('bob', 'right'))
		const pid = phone.pid ?? 0
		expect(isRunning(pid)).toBe(true)
		registrar.reactNext({ kind: 'drop' })
		const unanswered = expect(phone.unregister()).rejects.toThrow("the phone's process ended with SIGKILL")
		await registrar.registers.waitFor(({ status }) => status === undefined)
		await phone.kill()
		await unanswered
		expect(isRunning(pid)).toBe(false)
		expect(registrar.bindings('bob')).toHaveLength(1)
		await phone.register(accountOf('bob', 'right'))
		expect(phone.pid).not.toBe(pid)
	})

	it('ends with the process that started it', async () => {
		const program = `
			import { EdgePhone } from ${JSON.stringify(new URL('./edge-phone.ts', import.meta.url).href)}
			const phone = await EdgePhone.start({ edgePort: ${registrar.port}, instanceId: '${INSTANCE_ID}' })
			await phone.register(${JSON.stringify(accountOf('bob', 'right'))})
			process.stdout.write('started')`
		const starter = spawn(process.execPath, ['--input-type=module', '--eval', program], {
			stdio: ['ignore', 'pipe', 'pipe'],
		})
		// The phone writes its errors there too, so it closes with the last of the two.
		const bothEnded = once(starter.stderr.resume(), 'close')
		try {
			await once(starter.stdout, 'data')
		} finally {
			starter.kill('SIGKILL')
		}
		await bothEnded
	})
})
