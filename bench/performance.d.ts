export function performancePage(results: object, template?: string): string;
