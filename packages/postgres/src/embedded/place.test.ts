import { chmod, chown, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { makeRootFolder, preparePlace } from './place.ts'

const isRoot = process.getuid?.() === 0
const made: string[] = []

afterEach(async () => {
	for (const dir of made.splice(0)) await rm(dir, { recursive: true, force: true })
})

async function temporary(): Promise<string> {
	const dir = await mkdtemp(join(tmpdir(), 'vigil-place-'))
	made.push(dir)
	return dir
}

async function placeOf(stateDir: string) {
	const place = await preparePlace(stateDir)
	made.push(place.dir)
	return place
}

describe('the place of a state folder', () => {
	it('is always the same one, and another for each', async () => {
		const [one, two] = [await temporary(), await temporary()]
		const place = await placeOf(one)
		expect(await placeOf(one)).toEqual(place)
		expect((await placeOf(two)).dir).not.toBe(place.dir)
		expect(dirname(place.dataDir)).toBe(place.dir)
	})

	it.runIf(isRoot)('of root is one that an unprivileged account can reach, and it gets the server', async () => {
		const place = await placeOf(await temporary())
		expect(place.account?.uid).toBeGreaterThan(0)
		for (let dir = place.dir; dir !== dirname(dir); dir = dirname(dir)) {
			expect((await stat(dir)).mode & 0o001).toBe(0o001)
		}
	})

	it.runIf(!isRoot)('of anybody else lies in the state folder, for its owner alone', async () => {
		const place = await placeOf(await temporary())
		expect(place.account).toBeUndefined()
		expect((await stat(place.dir)).mode & 0o777).toBe(0o700)
	})
})

describe.runIf(isRoot)('a folder of root among others', () => {
	it('is refused when somebody else made it first', async () => {
		const dir = join(await temporary(), 'taken')
		await mkdir(dir)
		await chown(dir, 65534, 65534)
		await expect(makeRootFolder(dir)).rejects.toMatchObject({ fault: 'no-place' })
	})

	it('is refused when others can write to it', async () => {
		const dir = join(await temporary(), 'open')
		await mkdir(dir)
		await chmod(dir, 0o777)
		await expect(makeRootFolder(dir)).rejects.toThrow(/belongs to somebody else/)
	})
})
