declare const brand: unique symbol

type Branded<Name extends string> = string & { readonly [brand]: Name }

export type TenantId = Branded<'TenantId'>
export type ApiKeyId = Branded<'ApiKeyId'>
export type AccountId = Branded<'AccountId'>
export type DeviceId = Branded<'DeviceId'>
export type PushAppId = Branded<'PushAppId'>
export type PushTokenId = Branded<'PushTokenId'>
export type CallId = Branded<'CallId'>
