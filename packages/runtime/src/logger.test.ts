import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)

/** The lines that a process of its own logs by that code. */
async function logged(code: string): Promise<Record<string, unknown>[]> {
	const source = `const { createLogger } = await import('${new URL('./logger.ts', import.meta.url)}'); ${code}`
	const { stderr } = await run(process.execPath, ['--input-type=module', '-e', source], { cwd: import.meta.dirname })
	expect(stderr.isWellFormed()).toBe(true)
	expect(stderr).not.toMatch(/\\u(?:d[89a-f]|00[01])/i)
	return stderr
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line))
}

describe('the log', () => {
	it('holds text that every reader takes, wherever it came in', async () => {
		const code = String.raw`
			const log = createLogger('info', 'test').child({ from: 'J\udcfcrgen' })
			log.info({ err: new Error('f\udcfcr\x1b[2J'), list: ['\0', { deep: 'x'.repeat(200) + '\udcfc' }] }, 'said')
			log.info({ text: 'two\nlines' }, 'said')`
		const [first, second] = await logged(code)
		expect(first).toMatchObject({ from: 'J\ufffdrgen', err: { message: 'f\ufffdr\ufffd[2J' }, msg: 'said' })
		expect(first?.list).toEqual(['\ufffd', { deep: `${'x'.repeat(200)}\ufffd` }])
		expect(second).toMatchObject({ from: 'J\ufffdrgen', text: 'two\nlines' })
	})

	it('holds no secret', async () => {
		const [line] = await logged(`createLogger('info', 'test').info({ password: 'hunter2', a: { token: 't' } }, 'said')`)
		expect(line).toMatchObject({ password: '[redacted]', a: { token: '[redacted]' } })
	})
})
