import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, useWatch } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Select, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
import { useInvite } from "../api";
import { type Circle, circles } from "../search";
import { words } from "../words";

const schema = z.object({
    email: z.string().trim().pipe(z.email(words.invite.notAnAddress).max(254, words.invite.tooLong)),
    role: z.enum([...circles.org, ...circles.staff]),
});
type Values = z.infer<typeof schema>;

export default function InviteDialog({ circle, onClose }: { circle: Circle; onClose(): void }) {
    const [administers, other] = circles[circle];
    const invite = useInvite();
    const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: { email: "", role: other } });
    const { errors } = form.formState;
    const role = useWatch({ control: form.control, name: "role" });

    const submit = form.handleSubmit(async (invitation) => {
        try {
            const { email } = await invite.mutateAsync(invitation);
            notify({ title: words.invite.sent(email) });
            onClose();
        } catch (error) {
            if (asProblem(error).status === 409) {
                form.setError("email", { message: words[circle].belongsAlready }, { shouldFocus: true });
            } else {
                showFieldProblems(error, form, { wrong_format: words.invite.notAnAddress });
            }
        }
    });

    return (
        <Dialog open onClose={onClose} title={words.invite.title} description={words.invite.text}>
            <form className="grid gap-5" onSubmit={submit} noValidate>
                <Field label={words.invite.email} error={errors.email?.message}>
                    {(control) => (
                        <TextInput {...control} {...form.register("email")} type="email" autoComplete="off" autoCapitalize="none" spellCheck={false} />
                    )}
                </Field>
                <Field label={words.role} hint={words.roleHints[role]}>
                    {(control) => (
                        <Select {...control} {...form.register("role")}>
                            <option value={other}>{common.roles[other]}</option>
                            <option value={administers}>{common.roles[administers]}</option>
                        </Select>
                    )}
                </Field>
                <FormFailure error={errors.root} />
                <div className="flex justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone="primary" busy={invite.isPending}>
                        {words.invite.submit}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
