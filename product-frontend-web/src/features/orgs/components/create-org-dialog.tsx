import { zodResolver } from "@hookform/resolvers/zod";
import { useNavigate } from "@tanstack/react-router";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Select, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { statusWord } from "@/components/ui/status-badge";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
import { useCreateOrg } from "../api";
import { plans } from "../search";
import { slugFrom } from "../slug";
import { words } from "../words";

const schema = z.object({
    name: z.string().trim().min(1, words.create.nameMissing).max(200, words.create.nameTooLong),
    slug: z
        .string()
        .trim()
        .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, words.create.slugWrong),
    plan: z.enum(plans),
    state: z.enum(["trial", "active"]),
    admin_email: z.email(words.create.emailWrong).max(254),
});

export default function CreateOrgDialog({ onClose }: { onClose(): void }) {
    const navigate = useNavigate();
    const create = useCreateOrg();
    const form = useForm({
        resolver: zodResolver(schema),
        defaultValues: { name: "", slug: "", plan: "free" as const, state: "trial" as const, admin_email: "" },
    });
    const { errors, dirtyFields } = form.formState;

    const submit = form.handleSubmit(async (values) => {
        try {
            const org = await create.mutateAsync(values);
            notify({ title: words.create.done(org.name), description: words.create.doneText(values.admin_email) });
            onClose();
            await navigate({ to: "/admin/orgs/$id", params: { id: org.id } });
        } catch (error) {
            if (asProblem(error).code === "conflict") {
                form.setError("slug", { message: words.create.slugTaken }, { shouldFocus: true });
            } else {
                showFieldProblems(error, form);
            }
        }
    });

    return (
        <Dialog open onClose={onClose} title={words.create.title} description={words.create.text}>
            <form className="grid gap-5" onSubmit={submit} noValidate>
                <Field label={words.name} error={errors.name?.message}>
                    {(control) => (
                        <TextInput
                            {...control}
                            {...form.register("name", {
                                // The short name follows the name until somebody writes one of their own.
                                onChange: (event: { target: { value: string } }) =>
                                    dirtyFields.slug || form.setValue("slug", slugFrom(event.target.value)),
                            })}
                            autoComplete="off"
                        />
                    )}
                </Field>
                <Field label={words.shortName} hint={words.create.shortNameHint} error={errors.slug?.message}>
                    {(control) => (
                        <TextInput {...control} {...form.register("slug")} autoComplete="off" autoCapitalize="none" spellCheck={false} className="font-mono" />
                    )}
                </Field>
                <div className="grid gap-5 sm:grid-cols-2">
                    <Field label={words.plan} error={errors.plan?.message}>
                        {(control) => (
                            <Select {...control} {...form.register("plan")}>
                                {plans.map((plan) => (
                                    <option key={plan} value={plan}>
                                        {words.plans[plan]}
                                    </option>
                                ))}
                            </Select>
                        )}
                    </Field>
                    <Field label={words.create.start} error={errors.state?.message}>
                        {(control) => (
                            <Select {...control} {...form.register("state")}>
                                <option value="trial">{statusWord("trial")}</option>
                                <option value="active">{statusWord("active")}</option>
                            </Select>
                        )}
                    </Field>
                </div>
                <Field label={words.create.adminEmail} error={errors.admin_email?.message}>
                    {(control) => <TextInput {...control} {...form.register("admin_email")} type="email" autoComplete="off" />}
                </Field>
                <FormFailure error={errors.root} />
                <div className="flex flex-wrap justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone="primary" busy={create.isPending}>
                        {words.create.submit}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
