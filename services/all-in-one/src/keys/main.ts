import { resolve } from 'node:path'
import { connectDatabase, KeyRing, newKeyText, type ResealResult, reseal, startEmbeddedPostgres } from '@vigil/postgres'
import { ConfigError, exitCodeOf, realClock, startFailure } from '@vigil/runtime'
import { readSettings, type Settings } from '../settings.ts'
import { generatedKeys } from '../state/generated-keys.ts'
import { StateFolderInUseError, StateLock } from '../state/state-lock.ts'
import { KEYS_HELP } from './keys-help.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

async function main([command, ...options]: readonly string[]): Promise<number> {
	if (command === undefined || [command, ...options].includes('--help')) {
		say(KEYS_HELP)
		return 0
	}
	if (command === 'new') return printNewKey(options)
	if (command !== 'reseal') throw new ConfigError(`${command} is no command; see --help`)
	const unknown = options.find((option) => option !== '--json')
	if (unknown !== undefined) throw new ConfigError(`${unknown} is no option of reseal; see --help`)
	const { refused } = await resealAll(readSettings(process.env), options.includes('--json'))
	return refused.length === 0 ? 0 : 1
}

function printNewKey([id = '', ...more]: readonly string[]): number {
	if (!/^[A-Za-z0-9_-]{1,32}$/.test(id) || more.length > 0) {
		throw new ConfigError('new takes one ID of up to 32 letters, digits, - and _; see --help')
	}
	say(newKeyText(id))
	return 0
}

async function resealAll(settings: Settings, json: boolean): Promise<ResealResult> {
	const stateDir = resolve(settings.stateDir)
	const lock = lockUnlessInUse(stateDir)
	try {
		return await resealIn(stateDir, settings, lock !== undefined, json)
	} finally {
		lock?.release()
	}
}

async function resealIn(stateDir: string, settings: Settings, isOurs: boolean, json: boolean): Promise<ResealResult> {
	const keyRing = KeyRing.fromText(settings.keyRing ?? (await keptKeyRing(stateDir)))
	// A service that has the folder starts and stops the database.
	const embedded =
		settings.databaseUrl === undefined ? await startEmbeddedPostgres({ stateDir, runningOnly: !isOurs }) : undefined
	const database = connectDatabase({ url: embedded?.url ?? settings.databaseUrl ?? '' })
	try {
		const result = await reseal(database, keyRing, (progress) =>
			say(json ? JSON.stringify(progress) : `${progress.table}.${progress.column}: ${progress.resealed} values so far`),
		)
		tell(result, keyRing.currentKeyId, json)
		return result
	} finally {
		await database.close()
		// One that was running already is left as it was.
		if (embedded?.reused === false) await embedded.stop()
	}
}

/** No service starts on the folder meanwhile; undefined where one runs, beside which we work. */
function lockUnlessInUse(stateDir: string): StateLock | undefined {
	try {
		return StateLock.take(stateDir, 'npm run keys', realClock.wall())
	} catch (error) {
		if (error instanceof StateFolderInUseError) return undefined
		throw error
	}
}

async function keptKeyRing(stateDir: string): Promise<string> {
	const { keys } = await generatedKeys(stateDir, () => newKeyText('k1'))
	return keys.keyRing
}

function tell(result: ResealResult, keyId: string, json: boolean): void {
	if (json) {
		say(JSON.stringify({ ok: result.refused.length === 0, keyId, ...result }))
		return
	}
	for (const refusal of result.refused) say(refusal)
	say(`${result.resealed} values were brought under the key "${keyId}", ${result.refused.length} could not be opened.`)
}

try {
	process.exitCode = await main(process.argv.slice(2))
} catch (error) {
	process.stderr.write(`${startFailure(error)}\n`)
	process.exitCode = exitCodeOf(error)
}
