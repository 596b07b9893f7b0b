import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, type FormEvent, type KeyboardEvent, Suspense, useEffect, useRef, useState } from "react";
import { BrandMark } from "@/components/ui/brand-mark";
import { Button } from "@/components/ui/button";
import { Field, TextInput } from "@/components/ui/field";
import { configuration, type DemoAccount } from "@/lib/api/configuration";
import { formatCountdown } from "@/lib/format";
import { common } from "@/lib/language/common";
import { session } from "@/lib/session/browser-session";
import { landingPath } from "@/lib/session/claims";
import { safeNextPath } from "@/lib/session/next-path";
import { useCountdown } from "@/lib/use-countdown";
import { BrandPanel } from "../components/brand-panel";
import { LanguageChoice } from "../components/language-choice";
import { type SignInFailure, signInFailure } from "../sign-in-failure";
import { words } from "../words";

const DemoAccounts = lazy(() => import("../components/demo-accounts"));

const route = getRouteApi("/login");

export function LoginPage() {
    const { next, notice } = route.useSearch();
    const navigate = useNavigate();
    const form = useRef<HTMLFormElement>(null);
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<SignInFailure | null>(null);
    const [capsLock, setCapsLock] = useState(false);
    const [revealed, setRevealed] = useState(false);
    const [demoAccounts, setDemoAccounts] = useState<DemoAccount[]>([]);
    const wait = useCountdown(failure?.retryAt);

    useEffect(() => {
        void configuration().then((known) => setDemoAccounts(known.demoAccounts));
    }, []);

    async function submit(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        if (busy || wait > 0) {
            return;
        }
        const values = new FormData(event.currentTarget);
        setBusy(true);
        setFailure(null);
        try {
            const identity = await session.signIn(String(values.get("username")), String(values.get("password")));
            await navigate({
                href: safeNextPath(next, location.origin) ?? landingPath(identity.role),
                replace: true,
            });
        } catch (error) {
            setFailure(signInFailure(error));
            form.current?.querySelector<HTMLInputElement>("[name=password]")?.select();
        } finally {
            setBusy(false);
        }
    }

    function fill(account: DemoAccount) {
        const fields = form.current;
        if (!fields) {
            return;
        }
        (fields.elements.namedItem("username") as HTMLInputElement).value = account.email;
        (fields.elements.namedItem("password") as HTMLInputElement).value = account.password;
        fields.querySelector<HTMLButtonElement>("[type=submit]")?.focus();
    }

    function watchCapsLock(event: KeyboardEvent) {
        setCapsLock(event.getModifierState("CapsLock"));
    }

    return (
        <div className="grid min-h-dvh bg-surface dark:bg-canvas lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
            <title>{`${words.title} - Phase Zero`}</title>
            <BrandPanel />
            <main className="flex justify-center px-5 py-10 sm:px-8 lg:py-[14dvh]">
                <div className="w-full max-w-sm">
                    <p translate="no" className="mb-10 flex items-center gap-2.5 font-semibold tracking-tight lg:hidden">
                        <BrandMark className="size-7" />
                        Phase Zero
                    </p>
                    <h1 className="text-2xl font-semibold tracking-tight">{words.title}</h1>
                    <p className="mt-1 text-ink-soft">{words.intro}</p>

                    {notice && !failure && (
                        <p role="status" className="mt-5 rounded-lg bg-info-soft px-3.5 py-2.5 text-info">
                            {words.notices[notice]}
                        </p>
                    )}

                    <form ref={form} method="post" className="mt-7 grid gap-5" onSubmit={submit}>
                        <Field label={words.email}>
                            {(control) => (
                                <TextInput
                                    {...control}
                                    name="username"
                                    type="email"
                                    autoComplete="username"
                                    autoCapitalize="none"
                                    spellCheck={false}
                                    required
                                    autoFocus
                                    maxLength={254}
                                    className="h-11"
                                />
                            )}
                        </Field>
                        <Field label={words.password} hint={capsLock ? words.capsLock : undefined}>
                            {(control) => (
                                <div className="relative">
                                    <TextInput
                                        {...control}
                                        name="password"
                                        type={revealed ? "text" : "password"}
                                        autoComplete="current-password"
                                        required
                                        maxLength={128}
                                        className="h-11 pr-16"
                                        onKeyDown={watchCapsLock}
                                        onKeyUp={watchCapsLock}
                                        onBlur={() => setCapsLock(false)}
                                    />
                                    <button
                                        type="button"
                                        aria-pressed={revealed}
                                        aria-label={words.showPassword}
                                        className="absolute inset-y-1 right-1 rounded-md px-3 text-xs font-semibold text-ink-soft hover:text-ink"
                                        onClick={() => setRevealed(!revealed)}
                                    >
                                        {revealed ? words.hide : words.show}
                                    </button>
                                </div>
                            )}
                        </Field>

                        <div role="alert">
                            {failure && (
                                <p className="rounded-lg bg-bad-soft px-3.5 py-2.5 font-medium text-bad">
                                    {failure.text}
                                    {failure.retryAt !== undefined &&
                                        ` ${wait > 0 ? words.waitAMoment : words.tryNow}`}
                                </p>
                            )}
                        </div>

                        <Button type="submit" tone="primary" busy={busy} disabled={wait > 0} className="h-11 w-full">
                            {wait > 0 ? common.tryAgainIn(formatCountdown(wait)) : busy ? words.signingIn : words.signIn}
                        </Button>
                    </form>

                    {demoAccounts.length > 0 && (
                        <Suspense>
                            <DemoAccounts accounts={demoAccounts} onChoose={fill} />
                        </Suspense>
                    )}
                    <LanguageChoice />
                </div>
            </main>
        </div>
    );
}
