import type { Account, Device } from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'
import { conflict } from '../problems/problem-error.ts'

/**
 * The accounts of the device's lines.
 *
 * @throws {RequestProblem} 409 for a device without lines, or with lines of disabled accounts only.
 */
export async function usableLines(deps: Pick<ControlApiDeps, 'stores'>, device: Device): Promise<Account[]> {
	const accounts = await linesOf(deps, device)
	if (accounts.length === 0) throw conflict('The device has no line: add one with an enrolment code.')
	if (accounts.every((account) => account.disabled)) throw conflict('The account of every line is disabled.')
	return accounts
}

/** The accounts of lines that are still there. */
export async function linesOf(
	{ stores }: Pick<ControlApiDeps, 'stores'>,
	{ tenantId, lines }: Pick<Device, 'tenantId' | 'lines'>,
): Promise<Account[]> {
	const found = new Map((await stores.accounts.findMany(tenantId, lines)).map((account) => [account.id, account]))
	return lines.flatMap((id) => found.get(id) ?? [])
}
