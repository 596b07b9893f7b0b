import { useState } from "react";
import { useForm } from "react-hook-form";
import { AuthenticatorKey } from "@/components/authenticator-key";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { showFieldProblems } from "@/lib/api/field-problems";
import { common } from "@/lib/language/common";
import { confirmTotpCode, type TotpEnrolment } from "../api";
import { words } from "../words";
import { RecoveryCodes } from "./recovery-codes";

interface EnrolDialogProps {
    enrolment: TotpEnrolment;
    /** Does work that may need a fresh proof; null when the person declines. */
    proven<Result>(work: () => Promise<Result>): Promise<Result | null>;
    onEnabled(): void;
    onClose(): void;
}

/** Scan, confirm with the first code, keep the recovery codes. */
export default function EnrolDialog({ enrolment, proven, onEnabled, onClose }: EnrolDialogProps) {
    const [codes, setCodes] = useState<string[] | null>(null);
    const form = useForm({ defaultValues: { otp: "" } });
    const { errors, isSubmitting } = form.formState;

    const submit = form.handleSubmit(async ({ otp }) => {
        try {
            const made = await proven(() => confirmTotpCode(otp.trim()));
            if (made) {
                setCodes(made);
                onEnabled();
            }
        } catch (error) {
            showFieldProblems(error, form, { wrong_code: words.enrol.wrongCode });
        }
    });

    if (codes) {
        return (
            <Dialog open onClose={onClose} title={words.codes.title} description={words.codes.text}>
                <RecoveryCodes codes={codes} onDone={onClose} />
            </Dialog>
        );
    }
    return (
        <Dialog open onClose={onClose} title={words.enrol.title} description={words.enrol.text}>
            <AuthenticatorKey uri={enrolment.otpauth_uri} secret={enrolment.secret} />
            <form className="mt-5 grid gap-5" onSubmit={submit} noValidate>
                <Field label={words.enrol.code} error={errors.otp?.message}>
                    {(control) => (
                        <TextInput
                            {...control}
                            {...form.register("otp", { required: words.enrol.codeMissing, minLength: { value: 6, message: words.enrol.codeMissing } })}
                            autoComplete="one-time-code"
                            inputMode="numeric"
                            maxLength={8}
                            className="font-mono text-base tracking-widest"
                        />
                    )}
                </Field>
                <FormFailure error={errors.root} />
                <div className="flex justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone="primary" busy={isSubmitting}>
                        {words.enrol.submit}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
