import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../command-line/usage.ts'
import { InputSource, pieces } from '../fuzz/inputs/input-source.ts'
import { readOptions } from '../fuzz/options.ts'
import { growthOf } from '../fuzz/run/growth.ts'
import { minimise } from '../fuzz/run/minimise.ts'

const MAIN = fileURLToPath(new URL('../fuzz/main.ts', import.meta.url))

function input(text: string) {
	return { hex: Buffer.from(text).toString('hex'), way: 0, cuts: [] }
}

describe('the fuzzer', () => {
	it('throws inputs at every target, finds nothing, ends by itself and says so', () => {
		const args = [MAIN, '--seconds', '4', '--seed', '1', '--json']
		const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
		const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
		expect(last, stdout).toMatchObject({ seed: 1, seconds: 4, crashes: 0, ok: true })
		expect(last.inputs).toBeGreaterThan(0)
		expect(Object.keys(last.growth)).toEqual(['codec', 'framing', 'worker', 'edge'])
		expect(status).toBe(0)
	})

	it('makes the same inputs of the same seed, each without the others', () => {
		const [first, again, other] = [
			new InputSource(1, 'codec'),
			new InputSource(1, 'codec'),
			new InputSource(2, 'codec'),
		]
		const inputs = Array.from({ length: 200 }, (_, i) => first.input(i))
		expect(inputs[150]).toEqual(again.input(150))
		expect(inputs[150]).not.toEqual(other.input(150))
		for (const each of inputs) expect(Buffer.concat(pieces(each))).toEqual(each.bytes)
	})

	it('finds the smallest input among many', async () => {
		const inputs = ['one', 'two', 'a needle in the hay', 'three', 'four'].map(input)
		const smallest = await minimise(inputs, async (candidate) =>
			candidate.some(({ hex }) => Buffer.from(hex, 'hex').includes('needle')),
		)
		expect(smallest).toEqual([input('needle')])
	})

	it('keeps inputs that only fail together, and gives up on those that do not fail again', async () => {
		const inputs = ['xax', 'xbx', 'xcx'].map(input)
		const together = await minimise(inputs, async (candidate) => {
			const all = candidate.map(({ hex }) => Buffer.from(hex, 'hex').toString()).join('|')
			return all.includes('a') && all.includes('c')
		})
		expect(together).toEqual(['a', 'c'].map(input))
		expect(await minimise(inputs, async () => false)).toBeUndefined()
	})

	it('tells growth from the ups and downs of a heap', () => {
		const rest = (heapMiB: number, calls: number) => ({ heapBytes: heapMiB * 2 ** 20, left: { calls } })
		expect(growthOf([rest(20, 1), rest(27, 0), rest(26, 3)])).toEqual({ heapMiB: 6, more: { calls: 2 }, ok: true })
		expect(growthOf([rest(20, 0), rest(24, 0), rest(29, 0)]).ok).toBe(false)
		expect(growthOf([rest(20, 0), rest(20, 5), rest(20, 11)]).ok).toBe(false)
	})

	it.each([
		['--seconds', '0'],
		['--seed', '-1'],
		['--target', 'kitchen'],
		['--loud', 'yes'],
	])('refuses %s %s', (...args) => {
		expect(() => readOptions(args, ['codec'])).toThrow(UsageError)
	})
})
