import type { DeviceStore, Enrolment } from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { duplicate, meaning, missing } from './constraints.ts'

type EnrolmentPart = Pick<DeviceStore, 'createEnrolment' | 'findEnrolment'>

/** The part of the device store that deals with enrolment codes. */
export function enrolments(database: Database): EnrolmentPart {
	return {
		createEnrolment: (enrolment) => create(database, enrolment),
		findEnrolment: (codeDigest) => find(database, codeDigest),
	}
}

/** Codes of the account that expired unused go at the same time. */
async function create(database: Database, { tenantId, accountId, codeDigest, expiresAtMs }: Enrolment): Promise<void> {
	const meanings = {
		enrolments_account: missing(`The tenant has no account ${accountId}.`),
		enrolments_pkey: duplicate('codeDigest', 'This enrolment code is in use.'),
	}
	const write = database.asTenant(tenantId, async (sql) => {
		await sql`
			delete from vigil.enrolments
			where tenant_id = ${tenantId} and account_id = ${accountId} and expires_at_ms <= vigil.now_ms()
		`
		await sql`
			insert into vigil.enrolments (code_digest, tenant_id, account_id, expires_at_ms)
			values (${codeDigest}, ${tenantId}, ${accountId}, ${expiresAtMs})
		`
	})
	await meaning(meanings, write)
}

async function find(database: Database, codeDigest: string): ReturnType<EnrolmentPart['findEnrolment']> {
	const rows = await database.asPlatform(
		(sql) => sql<Pick<Enrolment, 'tenantId' | 'accountId'>[]>`
			select tenant_id, account_id from vigil.enrolments
			where code_digest = ${codeDigest} and expires_at_ms > vigil.now_ms()
		`,
	)
	return rows[0]
}

/**
 * Uses a code up in the transaction of what it is used for; false when it is none for the account. Of two at once one waits for the
 * other's end, and finds the code gone, or as it was.
 */
export async function useUp(sql: Sql, codeDigest: string, accountId: string): Promise<boolean> {
	const result = await sql`
		delete from vigil.enrolments e using vigil.accounts a
		where e.code_digest = ${codeDigest} and e.expires_at_ms > vigil.now_ms()
			and e.account_id = ${accountId} and a.id = e.account_id and not a.disabled
	`
	return result.count > 0
}
