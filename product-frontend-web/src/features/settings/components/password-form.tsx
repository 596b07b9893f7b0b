import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { FormFailure } from "@/components/ui/form-failure";
import { PasswordField } from "@/components/ui/password-field";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { common } from "@/lib/language/common";
import { newPassword } from "@/lib/password-rules";
import { useChangePassword } from "../api";
import { words as settingWords } from "../words";

const words = settingWords.security;

const schema = z.object({
    current_password: z.string().min(1, words.currentMissing),
    new_password: newPassword,
});
type Values = z.infer<typeof schema>;

export default function PasswordForm() {
    const change = useChangePassword();
    const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: { current_password: "", new_password: "" } });
    const { errors } = form.formState;

    const submit = form.handleSubmit(async (values) => {
        try {
            await change.mutateAsync(values);
            form.reset();
            notify({ title: words.changed, description: words.changedText });
        } catch (error) {
            showFieldProblems(error, form, common.passwords.refusals);
        }
    });

    return (
        <form className="grid gap-5 p-5 sm:max-w-md" onSubmit={submit} noValidate>
            <PasswordField
                label={words.current}
                error={errors.current_password?.message}
                {...form.register("current_password")}
                autoComplete="current-password"
            />
            <PasswordField
                label={words.next}
                hint={common.passwords.hint}
                error={errors.new_password?.message}
                {...form.register("new_password")}
                autoComplete="new-password"
            />
            <FormFailure error={errors.root} />
            <div>
                <Button type="submit" tone="primary" busy={change.isPending}>
                    {words.change}
                </Button>
            </div>
        </form>
    );
}
