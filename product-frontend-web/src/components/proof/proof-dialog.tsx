import { useQuery } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { PasswordField } from "@/components/ui/password-field";
import { QueryView } from "@/components/ui/query-view";
import { Skeleton } from "@/components/ui/skeleton";
import { showFieldProblems } from "@/lib/api/field-problems";
import { mfaQuery } from "@/lib/api/mfa";
import { common } from "@/lib/language/common";
import { session } from "@/lib/session/browser-session";
import { words } from "./words";

interface ProofDialogProps {
    onProven(): void;
    onClose(): void;
}

/** Asks again who this is, before something that an unlocked screen alone must not be enough for. */
export default function ProofDialog({ onProven, onClose }: ProofDialogProps) {
    const mfa = useQuery(mfaQuery);
    return (
        <Dialog open onClose={onClose} title={words.title} description={words.text}>
            <QueryView query={mfa} skeleton={<Skeleton className="h-24 w-full animate-appear" />}>
                {({ enabled }) => <ProofForm byCode={enabled} onProven={onProven} onClose={onClose} />}
            </QueryView>
        </Dialog>
    );
}

function ProofForm({ byCode, onProven, onClose }: ProofDialogProps & { byCode: boolean }) {
    const form = useForm({ defaultValues: { otp: "", password: "" } });
    const { errors, isSubmitting } = form.formState;

    const submit = form.handleSubmit(async ({ otp, password }) => {
        try {
            await session.prove(byCode ? { otp: otp.trim() } : { password });
        } catch (error) {
            showFieldProblems(error, form, { ...common.passwords.refusals, wrong_code: words.wrongCode });
            return;
        }
        onProven();
    });

    return (
        <form className="grid gap-5" onSubmit={submit} noValidate>
            {byCode ? (
                <Field label={words.code} hint={words.codeHint} error={errors.otp?.message}>
                    {(control) => (
                        <TextInput
                            {...control}
                            {...form.register("otp", { required: words.codeMissing, minLength: { value: 6, message: words.codeTooShort } })}
                            autoComplete="one-time-code"
                            autoCapitalize="none"
                            maxLength={32}
                            className="font-mono tracking-widest"
                        />
                    )}
                </Field>
            ) : (
                <PasswordField
                    label={words.password}
                    error={errors.password?.message}
                    {...form.register("password", { required: words.passwordMissing })}
                    autoComplete="current-password"
                />
            )}
            <FormFailure error={errors.root} />
            <div className="flex justify-end gap-2">
                <Button onClick={onClose}>{common.cancel}</Button>
                <Button type="submit" tone="primary" busy={isSubmitting}>
                    {words.submit}
                </Button>
            </div>
        </form>
    );
}
