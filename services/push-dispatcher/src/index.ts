export * from './deps.ts'
export * from './service.ts'
