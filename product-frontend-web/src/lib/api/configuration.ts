/** What the place it runs in tells the console, in /config.json beside the application. */

export interface DemoAccount {
    label: string;
    organization: string;
    email: string;
    password: string;
}

export interface Configuration {
    environment: string;
    demoAccounts: DemoAccount[];
}

const production: Configuration = { environment: "production", demoAccounts: [] };

async function load(): Promise<Configuration> {
    try {
        const response = await fetch("/config.json", { credentials: "omit" });
        const body = (await response.json()) as { environment?: string; demo_accounts?: DemoAccount[] };
        return {
            environment: body.environment ?? production.environment,
            demoAccounts: body.environment === "demo" ? (body.demo_accounts ?? []) : [],
        };
    } catch {
        // Without the file the console is what it is in production.
        return production;
    }
}

let loading: Promise<Configuration> | undefined;

export function configuration(): Promise<Configuration> {
    loading ??= load();
    return loading;
}
