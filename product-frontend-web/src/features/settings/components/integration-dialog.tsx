import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, useWatch } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Select, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { PasswordField } from "@/components/ui/password-field";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { asProblem } from "@/lib/api/problem";
import { formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import { type Integration, useCreateIntegration, useReplaceIntegration } from "../api";
import { words as settingWords } from "../words";

const words = settingWords.integrations;

const kinds = ["api_key", "oauth_client", "password", "webhook"] as const satisfies readonly Integration["kind"][];

const schema = z
    .object({
        name: z.string().trim().min(1, words.nameMissing).max(120, settingWords.atMost120),
        kind: z.enum(kinds),
        secret_change: z.enum(["keep", "set", "remove"]),
        secret: z.string().max(4096, words.secretTooLong),
    })
    .refine(({ secret_change, secret }) => secret_change !== "set" || secret !== "", {
        path: ["secret"],
        message: words.secretMissing,
    });
type Values = z.infer<typeof schema>;

/** Adds an integration, or replaces what one is and, if wanted, its secret. */
export default function IntegrationDialog({ integration, onClose }: { integration: Integration | null; onClose(): void }) {
    const create = useCreateIntegration();
    const replace = useReplaceIntegration();
    const secretSetAt = integration?.secret_set_at ?? null;
    const hasSecret = secretSetAt !== null;
    const form = useForm<Values>({
        resolver: zodResolver(schema),
        defaultValues: {
            name: integration?.name ?? "",
            kind: integration?.kind ?? "api_key",
            secret_change: hasSecret ? "keep" : "set",
            secret: "",
        },
    });
    const { errors } = form.formState;
    const setting = useWatch({ control: form.control, name: "secret_change" }) === "set";

    const submit = form.handleSubmit(async ({ name, kind, secret_change, secret }) => {
        const wanted = { name, kind, ...(secret_change === "set" ? { secret } : secret_change === "remove" ? { secret: null } : {}) };
        try {
            const saved = integration ? await replace.mutateAsync({ integration, wanted }) : await create.mutateAsync(wanted);
            notify({ title: words.saved(saved.name) });
            onClose();
        } catch (error) {
            if (asProblem(error).status === 412) {
                form.setError("root", { message: words.changedMeanwhile });
            } else {
                showFieldProblems(error, form);
            }
        }
    });

    return (
        <Dialog
            open
            onClose={onClose}
            title={integration ? words.changeTitle(integration.name) : words.addTitle}
            description={words.dialogText}
        >
            <form className="grid gap-5" onSubmit={submit} noValidate autoComplete="off">
                <Field label={settingWords.name} error={errors.name?.message}>
                    {(control) => <TextInput {...control} {...form.register("name")} autoComplete="off" />}
                </Field>
                <Field label={words.kind} error={errors.kind?.message}>
                    {(control) => (
                        <Select {...control} {...form.register("kind")}>
                            {kinds.map((kind) => (
                                <option key={kind} value={kind}>
                                    {words.kinds[kind]}
                                </option>
                            ))}
                        </Select>
                    )}
                </Field>
                {hasSecret && (
                    <Field label={words.itsSecret} hint={words.setOnHint(formatDate(secretSetAt))}>
                        {(control) => (
                            <Select {...control} {...form.register("secret_change")}>
                                <option value="keep">{words.keep}</option>
                                <option value="set">{words.replace}</option>
                                <option value="remove">{words.remove}</option>
                            </Select>
                        )}
                    </Field>
                )}
                {setting && (
                    <PasswordField
                        label={hasSecret ? words.newSecret : words.secret}
                        error={errors.secret?.message}
                        {...form.register("secret")}
                        autoComplete="off"
                        data-1p-ignore
                    />
                )}
                <FormFailure error={errors.root} />
                <div className="flex justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone="primary" busy={create.isPending || replace.isPending}>
                        {integration ? settingWords.save : words.add}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
