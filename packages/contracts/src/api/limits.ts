import { z } from 'zod'

const MOST = 1_000_000
const limit = z.int().min(1).max(MOST)

const trafficFields = {
	/** Calls that wait at a time for phones; beyond it 486 for an account, 503 for a tenant. */
	heldCalls: limit,
	/** Calls a second, three times as many at once. */
	callsPerSecond: limit,
	/** Pushes for calls a second, twice as many at once. */
	pushesPerSecond: limit,
	/** Calls that devices make at a time; beyond it 480. */
	outgoingCalls: limit,
}

const accountFields = {
	...trafficFields,
	/** Devices; an enrolment beyond it is refused. */
	devices: limit,
}

const tenantFields = {
	...trafficFields,
	/** Devices of each account. */
	devicesPerAccount: limit,
}

/** What holds for a tenant, of all its accounts together. */
export const tenantLimitsSchema = z.object(tenantFields).meta({ id: 'TenantLimits' })

/** Limits of a tenant as the administrator sets them. What is left out stays; `null` goes back to the process's, one or all. */
export const changeTenantLimitsSchema = nullable(tenantFields).nullable()

/** What a tenant has set for one account; what is absent holds as the process says, and in no case more than the tenant's. */
export const accountLimitsSchema = z.object(accountFields).partial().meta({ id: 'AccountLimits' })

/** Limits of a new account; none may be above the tenant's own. */
export const newAccountLimitsSchema = z.strictObject(accountFields).partial()

/** The same for a change. What is left out stays; `null` goes back to the process's, one or all. */
export const changeAccountLimitsSchema = nullable(accountFields).nullable()

function nullable<Fields extends Record<string, typeof limit>>(fields: Fields) {
	const optional = Object.entries(fields).map(([name, field]) => [name, field.nullable().optional()] as const)
	return z.strictObject(
		Object.fromEntries(optional) as { [Name in keyof Fields]: z.ZodOptional<z.ZodNullable<typeof limit>> },
	)
}
