import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Select, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { showFieldProblems } from "@/lib/api/field-problems";
import { common } from "@/lib/language/common";
import { type CreatedApiKey, useCreateApiKey } from "../api";
import { words as settingWords } from "../words";

const words = settingWords.apiKeys;

const lifetimes = [7, 30, 90, 180, 365];

const schema = z.object({
    name: z.string().trim().min(1, words.nameMissing).max(120, settingWords.atMost120),
    role: z.enum(["standard", "admin"]),
    expires_in_days: z.string(),
});
type Values = z.infer<typeof schema>;

/** Makes a key and shows it, this once. */
export default function CreateKeyDialog({ onClose }: { onClose(): void }) {
    const create = useCreateApiKey();
    const [made, setMade] = useState<CreatedApiKey | null>(null);
    const form = useForm<Values>({
        resolver: zodResolver(schema),
        defaultValues: { name: "", role: "standard", expires_in_days: "90" },
    });
    const { errors } = form.formState;

    const submit = form.handleSubmit(async ({ name, role, expires_in_days }) => {
        try {
            setMade(await create.mutateAsync({ name, role, expires_in_days: Number(expires_in_days) }));
        } catch (error) {
            showFieldProblems(error, form);
        }
    });

    if (made) {
        return (
            <Dialog open onClose={onClose} title={words.madeTitle} description={words.madeText(made.name)}>
                <div className="flex items-center gap-2 rounded-xl border border-line bg-sunken p-4">
                    <code className="min-w-0 flex-1 font-mono text-xs leading-relaxed break-all">{made.key}</code>
                    <CopyButton text={made.key} label={words.copy} />
                </div>
                <p className="mt-4 leading-relaxed text-ink-soft">{words.keepIt}</p>
                <div className="mt-6 flex justify-end">
                    <Button tone="primary" onClick={onClose}>
                        {words.copied}
                    </Button>
                </div>
            </Dialog>
        );
    }
    return (
        <Dialog open onClose={onClose} title={words.createTitle} description={words.createText}>
            <form className="grid gap-5" onSubmit={submit} noValidate>
                <Field label={settingWords.name} hint={words.nameHint} error={errors.name?.message}>
                    {(control) => <TextInput {...control} {...form.register("name")} autoComplete="off" />}
                </Field>
                <div className="grid gap-5 sm:grid-cols-2">
                    <Field label={settingWords.role} error={errors.role?.message}>
                        {(control) => (
                            <Select {...control} {...form.register("role")}>
                                <option value="standard">{common.roles.standard}</option>
                                <option value="admin">{common.roles.admin}</option>
                            </Select>
                        )}
                    </Field>
                    <Field label={words.endsAfter} error={errors.expires_in_days?.message}>
                        {(control) => (
                            <Select {...control} {...form.register("expires_in_days")}>
                                {lifetimes.map((days) => (
                                    <option key={days} value={days}>
                                        {words.days(days)}
                                    </option>
                                ))}
                            </Select>
                        )}
                    </Field>
                </div>
                <FormFailure error={errors.root} />
                <div className="flex justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone="primary" busy={create.isPending}>
                        {words.create}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
