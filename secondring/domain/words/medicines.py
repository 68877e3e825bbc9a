"""Medicines by name, as patients write them when they run out. They belong to no language."""

from secondring.domain.words.phrases import many

NAMES = many(
    "acyclovir adderall advair albuterol alendronate allopurinol alprazolam ambien amitriptyline"
    " amlodipine apixaban aripiprazole atenolol ativan atorvastatin baclofen benazepril bisoprolol"
    " budesonide bupropion buspirone carvedilol celecoxib celexa cetirizine citalopram clonazepam"
    " clonidine clopidogrel concerta coumadin crestor cyclobenzaprine cymbalta diclofenac diltiazem"
    " donepezil doxycycline duloxetine eliquis enalapril entresto escitalopram estradiol famotidine"
    " farxiga fenofibrate finasteride flomax flonase fluoxetine fluticasone furosemide gabapentin"
    " glimepiride glipizide glyburide hctz humalog hydrochlorothiazide hydroxychloroquine hydroxyzine"
    " ibuprofen irbesartan januvia jardiance klonopin labetalol lamotrigine lantus lasix latanoprost"
    " levemir levetiracetam levothyroxine lexapro lipitor lisinopril lithium loratadine lorazepam losartan"
    " lovastatin lyrica meloxicam metformin methotrexate methylphenidate metoprolol mirtazapine"
    " montelukast mounjaro naproxen nifedipine norvasc novolog olanzapine olmesartan omeprazole"
    " ondansetron ozempic pantoprazole paroxetine paxil plavix pravastatin prednisone pregabalin prilosec"
    " propranolol protonix prozac quetiapine ramipril risperidone ritalin rosuvastatin rybelsus"
    " semaglutide seroquel sertraline sildenafil simvastatin singulair spironolactone suboxone sumatriptan"
    " symbicort synthroid tamsulosin topamax topiramate toprol tramadol trazodone trulicity valacyclovir"
    " valsartan venlafaxine ventolin verapamil viagra vyvanse warfarin wegovy wellbutrin xanax xarelto"
    " zoloft zolpidem zyrtec"
)
"""The usual prescriptions of a family practice (generic names and brands); a list, not a judgement."""

_NAME = "|".join(sorted(NAMES))
REFILL = (
    f"need|needs|want|get|send|order|renew|more more|another|my|our|his|her|some|the? {_NAME}",
    f"out|low|last of|on? my|our|his|her|the? {_NAME}",
    f"no|any more? {_NAME} left",
    f"{_NAME} please|pls $",
    f"{_NAME} ran|is|runs|running out|low",
    f"necesito|quiero|ocupo|sin|mas mas|mi|la|el? {_NAME}",
    f"acabo|termino|acaba|acabaron la|el|mi? {_NAME}",
)
"""Wanted or used up. A medicine that is only named (`lisinopril makes me cough`) is for a person to read."""
