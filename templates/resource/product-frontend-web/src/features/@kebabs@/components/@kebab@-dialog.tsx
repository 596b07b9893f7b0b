import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { @field_controls@ } from "@/components/ui/field";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
@if has_enum@
import { inWords } from "@/lib/format";
@end@
import { @form_helpers@ } from "@/lib/form-values";
import { type @Singular@, type @Singular@Create, useCreate@Singular@, useUpdate@Singular@ } from "../api";

const schema = z.object({
    @field.name@: @field.zod@,
});
type Values = z.infer<typeof schema>;

const blank: Values = {
    @field.name@: @field.initial@,
};

const valuesOf = (@one@: @Singular@): Values => ({
    @field.name@: @field.from_row@,
});

const bodyOf = (values: Values): @Singular@Create => ({
    @field.name@: @field.to_body@,
});

/** Makes @a_word@, or changes the one it is given. */
export default function @Singular@Dialog({ @one@, onClose }: { @one@: @Singular@ | null; onClose(): void }) {
    const create = useCreate@Singular@();
    const update = useUpdate@Singular@();
    const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: @one@ ? valuesOf(@one@) : blank });
    const { errors, dirtyFields } = form.formState;

    const submit = form.handleSubmit(async (values) => {
        try {
            const saved = @one@
                ? await update.mutateAsync({ @one@, body: onlyChanged(bodyOf(values), dirtyFields) })
                : await create.mutateAsync(bodyOf(values));
            notify({ title: `Saved “${saved.@title@}”` });
            onClose();
        } catch (error) {
            showFieldProblems(error, form);
        }
    });

    return (
        <Dialog open onClose={onClose} title={@one@ ? `Edit “${@one@.@title@}”` : "New @word@"}>
            <form className="grid gap-5" onSubmit={submit} noValidate>
@each fields@
                <Field label="@field.label@"@field.optional@ error={errors.@field.name@?.message}>
@if is_text@
                    {(control) => <TextInput {...control} {...form.register("@field.name@")} autoComplete="off" />}
@end@
@if is_long_text@
                    {(control) => <TextArea {...control} {...form.register("@field.name@")} rows={4} />}
@end@
@if is_integer@
                    {(control) => <TextInput {...control} {...form.register("@field.name@")} inputMode="numeric" />}
@end@
@if is_uuid@
                    {(control) => <TextInput {...control} {...form.register("@field.name@")} autoComplete="off" />}
@end@
@if is_timestamp@
                    {(control) => <TextInput {...control} {...form.register("@field.name@")} type="datetime-local" step={1} />}
@end@
@if is_choice@
                    {(control) => (
                        <Select {...control} {...form.register("@field.name@")}>
@if nullable@
                            <option value="">Not set</option>
@end@
@if is_boolean@
                            <option value="false">No</option>
                            <option value="true">Yes</option>
@end@
@if is_enum@
                            {[@field.options@].map((value) => (
                                <option key={value} value={value}>
                                    {inWords(value)}
                                </option>
                            ))}
@end@
                        </Select>
                    )}
@end@
                </Field>
@end@
                <div role="alert">
                    {errors.root?.message && (
                        <p className="rounded-lg bg-bad-soft px-3.5 py-2.5 font-medium text-bad">{errors.root.message}</p>
                    )}
                </div>
                <div className="flex justify-end gap-2">
                    <Button onClick={onClose}>Cancel</Button>
                    <Button type="submit" tone="primary" busy={create.isPending || update.isPending}>
                        {@one@ ? "Save" : "Create @word@"}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
