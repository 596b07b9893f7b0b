import type { DemoAccount } from "@/lib/api/configuration";
import { words } from "../words";

interface DemoAccountsProps {
    accounts: DemoAccount[];
    onChoose(account: DemoAccount): void;
}

/** Fills the form with one of the demo's accounts. Only a demo's /config.json lists any. */
export default function DemoAccounts({ accounts, onChoose }: DemoAccountsProps) {
    return (
        <section aria-labelledby="demo-accounts" className="mt-8 animate-appear border-t border-line pt-6">
            <h2 id="demo-accounts" className="text-xs font-semibold text-ink-soft">
                {words.demoAccounts}
            </h2>
            <ul className="mt-3 grid gap-1.5">
                {accounts.map((account) => (
                    <li key={account.email}>
                        <button
                            type="button"
                            onClick={() => onChoose(account)}
                            className="flex w-full flex-wrap items-baseline justify-between gap-x-3 rounded-lg border border-line px-3.5 py-2 text-left transition-colors hover:border-field-line hover:bg-sunken"
                        >
                            <span translate="no" className="font-medium">{account.email}</span>
                            <span translate="no" className="text-xs text-ink-soft">{account.label}</span>
                        </button>
                    </li>
                ))}
            </ul>
        </section>
    );
}
