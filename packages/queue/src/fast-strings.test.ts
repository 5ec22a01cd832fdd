import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)

/** What a process of its own says of `String.prototype` after that code. */
async function isFastAfter(code: string): Promise<string> {
	const source = `${code}; console.log(%HasFastProperties(String.prototype))`
	const { stdout } = await run(process.execPath, ['--allow-natives-syntax', '--input-type=module', '-e', source], {
		cwd: import.meta.dirname,
	})
	return stdout.trim()
}

const keep = `(await import('${new URL('./fast-strings.ts', import.meta.url)}')).keepStringsFast()`

describe('methods of strings', () => {
	it('are slow once a class extends String, and made fast again for good', async () => {
		const extending = 'class Words extends String {}'
		expect(await isFastAfter(extending)).toBe('false')
		expect(await isFastAfter(`${extending}; ${keep}`)).toBe('true')
		expect(await isFastAfter(`${keep}; ${extending}`)).toBe('true')
	})

	it('are fast where the client of Redis is loaded', async () => {
		expect(await isFastAfter(`await import('ioredis')`)).toBe('false')
		expect(await isFastAfter(`await import('${new URL('./redis-store.ts', import.meta.url)}')`)).toBe('true')
	})
})
