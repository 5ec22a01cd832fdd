import type { DeviceStore, Enrolment } from '@vigil/domain'
import type { Database } from '../database/connect.ts'
import { duplicate, meaning, missing } from './constraints.ts'

type EnrolmentPart = Pick<DeviceStore, 'createEnrolment' | 'redeemEnrolment'>

/** The part of the device store that deals with enrolment codes. */
export function enrolments(database: Database): EnrolmentPart {
	return {
		createEnrolment: (enrolment) => create(database, enrolment),
		redeemEnrolment: (codeDigest) => redeem(database, codeDigest),
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

async function redeem(database: Database, codeDigest: string): ReturnType<EnrolmentPart['redeemEnrolment']> {
	const rows = await database.asPlatform(
		(sql) => sql<Pick<Enrolment, 'tenantId' | 'accountId'>[]>`
			delete from vigil.enrolments where code_digest = ${codeDigest} and expires_at_ms > vigil.now_ms()
			returning tenant_id, account_id
		`,
	)
	return rows[0]
}
